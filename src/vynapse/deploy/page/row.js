// A form for a row of a CSV file.
import { made } from "./answer.js";

function encoded(column, text) {
  const held = text.trim() === "" ? column.fill : text.trim();
  if (held === null || held === undefined) throw new Error(`${column.name}: a value is needed`);
  if (column.kind === "numeric") {
    const value = Number(held);
    if (!Number.isFinite(value)) throw new Error(`${column.name}: a number is needed`);
    return [(value - column.mean) / column.scale];
  }
  return column.categories.map((name) => (name === held ? 1 : 0));
}

export function row(network, place, show, given, fault) {
  const fields = given.columns.map((column) => {
    if (column.kind === "numeric") {
      const value = String(Number(column.mean.toPrecision(3)));
      return made("input", { type: "text", inputMode: "decimal", value, oninput: run });
    }
    const names = column.fill === null ? column.categories : ["", ...column.categories];
    return made("select", { onchange: run }, ...names.map((name) => made("option", { value: name }, name)));
  });
  given.columns.forEach((column, k) => place.append(made("label", {}, column.name, fields[k])));
  function run() {
    try {
      show(network.forward(given.columns.flatMap((column, k) => encoded(column, fields[k].value))));
      fault("");
    } catch (error) {
      fault(error.message);
    }
  }
  run();
}
