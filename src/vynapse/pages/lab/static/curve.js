// The curves of a search: best and mean loss of each generation, and the loss of the winner.

const MOST = 1200; // points that are kept; beyond, every second one is left out

export class Curves {
  constructor() {
    this.clear();
  }

  clear() {
    this.points = [];
    this.every = 1;
    this.count = 0;
  }

  add({ best, mean, winner: winners }) {
    best.forEach((value, k) => {
      const last = this.points.at(-1), winner = winners[k];
      if (this.count++ % this.every === 0) this.points.push({ at: this.count, best: value, mean: mean[k], winner });
      else {
        last.best = Math.min(last.best, value);
        last.winner = winner;
      }
    });
    while (this.points.length > MOST) {
      this.points = this.points.filter((_, k) => k % 2 === 0);
      this.every *= 2;
    }
  }

  // `returns`: more is better, the loss is minus it; else the axis is logarithmic.
  draw(pen, colours, returns) {
    const { context: c, width, height } = pen, box = { left: 50, right: width - 12, top: 12, bottom: height - 26 };
    const seen = (value) => (returns ? -value : Math.log10(Math.max(value, 1e-9)));
    const all = this.points.flatMap((p) => [seen(p.best), seen(p.mean)]).filter(Number.isFinite);
    const least = Math.min(...all, 0), most = Math.min(4, Math.max(...all, -9));
    const fine = !returns && most - least < 1, grain = fine ? 5 : 1;
    const low = returns ? 0 : Math.floor((fine ? Math.min(...all, most) : least) * grain) / grain;
    const high = returns ? 500 : Math.max(low + 1 / grain, Math.ceil(most * grain) / grain);
    const end = Math.max(10, this.count);
    const x = (at) => box.left + ((box.right - box.left) * at) / end;
    const y = (v) => box.bottom - ((box.bottom - box.top) * (Math.min(v, high) - low)) / (high - low || 1);
    c.font = "11px system-ui, sans-serif";
    c.fillStyle = colours.soft;
    c.strokeStyle = colours.grid;
    c.lineWidth = 1;
    c.textAlign = "right";
    c.textBaseline = "middle";
    const step = returns ? 100 : fine ? 0.1 : Math.max(1, Math.ceil((high - low) / 6));
    const text = (v) => (returns ? String(v) : v < -3.5 || v > 2 ? `1e${v}` : String(Number((10 ** v).toPrecision(2))));
    for (let v = low; v <= high + 1e-9; v += step) {
      c.beginPath();
      c.moveTo(box.left, y(v));
      c.lineTo(box.right, y(v));
      c.stroke();
      c.fillText(text(v), box.left - 6, y(v));
    }
    c.textBaseline = "alphabetic";
    c.textAlign = "left";
    c.fillText("0", box.left, height - 8);
    c.textAlign = "right";
    c.fillText(`generation ${end}`, box.right, height - 8);
    const lines = [["mean", colours.soft, 1.2], ["best", colours.second, 1.4], ["winner", colours.plus, 2.4]];
    for (const [name, colour, thick] of lines) {
      c.strokeStyle = colour;
      c.lineWidth = thick;
      c.lineJoin = "round";
      c.beginPath();
      let begun = false;
      for (const point of this.points) {
        const v = seen(point[name]);
        if (!Number.isFinite(v)) continue;
        if (begun) c.lineTo(x(point.at), y(v));
        else c.moveTo(x(point.at), y(v));
        begun = true;
      }
      c.stroke();
    }
  }
}
