// Puts the page together from what it was given.
import { answerIn, made } from "./answer.js";
import { drawing } from "./drawing.js";
import { loaded, networkOf } from "./network.js";
import { numbers } from "./numbers.js";
import { play } from "./play.js";
import { row } from "./row.js";

const given = JSON.parse(document.getElementById("given").textContent);
document.querySelector("h1").textContent = given.title;
const about = document.getElementById("about");
about.textContent = given.about;
const place = made("section");
const answer = made("section", { "aria-live": "polite" });
const fault = made("p", { className: "fault", role: "alert" });
place.append(fault);
document.querySelector("main").append(place, answer);
try {
  const network = networkOf(await loaded(given.network));
  const show = answerIn(answer, given);
  const say = (text) => (fault.textContent = text);
  if (given.kind === "play") {
    const words = (text) => (about.textContent = `${given.about} ${text}`);
    play(network, place, show, given, words, await loaded(given.world));
  } else if (given.kind === "drawing") drawing(network, place, show, given);
  else if (given.kind === "row") row(network, place, show, given, say);
  else numbers(network, place, show);
  window.vynapse = network;
} catch (error) {
  fault.textContent = `The network could not be started: ${error.message}`;
}
