// The WebAssembly module of the lab, its memory, and the addresses of its random numbers.
import { sha256 } from "./sha256.js";

export class Engine {
  constructor(exports) {
    this.do = exports;
    this.words = new Map();
  }

  static async of(bytes) {
    const { instance } = await WebAssembly.instantiate(bytes, {});
    return new Engine(instance.exports);
  }

  // Views are made anew each time: memory that grows leaves old ones empty.
  floats(place, count) {
    return new Float32Array(this.do.memory.buffer, place, count);
  }

  doubles(place, count) {
    return new Float64Array(this.do.memory.buffer, place, count);
  }

  whole(place, count) {
    return new Int32Array(this.do.memory.buffer, place, count);
  }

  bytes(place, count) {
    return new Uint8Array(this.do.memory.buffer, place, count);
  }

  room(bytes) {
    const place = this.do.lab_room(bytes);
    if (!place) throw new Error("the browser has no more memory for this search: make it smaller");
    return place;
  }

  // The address of a copy of an array.
  put(array) {
    const place = this.room(array.byteLength);
    this.bytes(place, array.byteLength).set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return place;
  }

  // The 32-bit word that the name of a stream stands for: seeding.name_to_word.
  word(name) {
    if (!this.words.has(name)) this.words.set(name, new DataView(sha256(name).buffer).getUint32(0, true));
    return this.words.get(name);
  }

  uniform(seed, name, generation, individual, count) {
    const place = this.room(4 * (count + 64));
    this.do.lab_uniform(...halves(seed), this.word(name), generation, individual, count, place);
    return this.floats(place, count).slice();
  }

  // A seed for another family of streams: Stream.seed_for.
  seedFor(seed, name, generation = 0) {
    const place = (this.scratch ??= this.room(16));
    this.do.lab_words(...halves(seed), this.word(name), generation, 0, place);
    const [low, high] = new Uint32Array(this.do.memory.buffer, place, 2);
    return BigInt(low) | (BigInt(high) << 32n);
  }

  clear() {
    this.do.lab_clear();
    this.scratch = undefined;
  }
}

export const halves = (seed) => [Number(seed & 0xffffffffn), Number(seed >> 32n)];

// Streams.child: an independent family of streams.
export const childOf = (seed, name) => new DataView(sha256(`${seed}/${name}`).buffer).getBigUint64(0, true);

export function decoded(text, Kind) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return new Kind(bytes.buffer);
}
