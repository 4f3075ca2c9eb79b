// What comes out of the network, as bars and in words.
export function made(name, attributes = {}, ...inside) {
  const found = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) found.addEventListener(key.slice(2), value);
    else if (key in found) found[key] = value;
    else found.setAttribute(key, value);
  }
  found.append(...inside);
  return found;
}

export const short = (value) => (Number.isFinite(value) ? Number(value.toPrecision(4)).toString() : String(value));

function shares(outputs, given) {
  if (!given.classes) return outputs.map((value) => ({ value, width: 1 / (1 + Math.exp(-value)) }));
  if (outputs.length === 1) {
    const one = Math.min(1, Math.max(0, outputs[0]));
    return [1 - one, one].map((value) => ({ value, width: value }));
  }
  const top = Math.max(...outputs);
  const raised = given.softmax ? outputs.map((value) => Math.exp(value - top)) : outputs;
  const total = given.softmax ? raised.reduce((a, b) => a + b, 0) : 1;
  return raised.map((value) => ({ value: value / total, width: value / total }));
}

export function answerIn(place, given) {
  return (outputs) => {
    const found = shares(outputs, given);
    const values = found.map((one) => one.value);
    const best = values.indexOf(Math.max(...values));
    const names = given.classes ?? found.map((_, k) => (given.target && !k ? given.target.name : `output ${k + 1}`));
    let words = given.classes ? names[best] : "";
    if (given.target?.scale) words = `${given.target.name}: ${short(outputs[0] * given.target.scale + given.target.mean)}`;
    place.replaceChildren(made("p", { className: "answer" }, words));
    if (given.target?.scale) return;
    found.forEach((one, k) => {
      const width = Math.max(0, Math.min(1, one.width)) * 100;
      const bar = made("i");
      bar.style.width = `${Number.isFinite(width) ? width : 0}%`;
      const row = made("div", { className: given.classes && k === best ? "bar best" : "bar" });
      const told = given.classes ? `${(100 * one.value).toFixed(1)} %` : short(one.value);
      row.append(made("span", {}, names[k]), bar, made("span", {}, told));
      place.append(row);
    });
  };
}
