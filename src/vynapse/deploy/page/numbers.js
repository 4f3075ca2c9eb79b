// A field for each number.
import { made } from "./answer.js";

export function numbers(network, place, show) {
  const fields = Array.from({ length: network.inputs }, (_, k) =>
    made("input", { type: "number", step: "any", value: "0", oninput: run, "aria-label": `input ${k + 1}` }));
  fields.forEach((field, k) => place.append(made("label", {}, `input ${k + 1}`, field)));
  function run() {
    show(network.forward(fields.map((field) => Number(field.value))));
  }
  run();
}
