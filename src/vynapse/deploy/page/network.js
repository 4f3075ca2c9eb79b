// The network: a WebAssembly module that carries its weights.
async function inflated(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}

export async function loaded(text) {
  const made = await WebAssembly.instantiate(await inflated(text));
  return made.instance.exports;
}

export function networkOf(parts) {
  const numbers = (at, count) => new Float32Array(parts.memory.buffer, at, count);
  return {
    inputs: parts.net_inputs(),
    outputs: parts.net_outputs(),
    reset: () => parts.net_reset(),
    forward(values) {
      if (values.length !== this.inputs) throw new Error(`${this.inputs} inputs were wanted`);
      numbers(parts.net_in(), this.inputs).set(values);
      parts.net_forward();
      return Array.from(numbers(parts.net_out(), this.outputs));
    },
  };
}
