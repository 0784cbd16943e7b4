// What is computed: the scores with what a person set, e to their power, and their shares. The same is in row.py.

export class Scores {
  // data: see mount.py.
  constructor(data) {
    this.data = data;
    this.set = new Map(data.tried.scores);
    this.divisor = data.tried.divisor;
    this.temperature = data.tried.temperature;
  }

  get isChanged() {
    return this.set.size > 0 || this.divisor !== null || this.temperature !== 1;
  }

  undo() {
    this.set.clear();
    this.divisor = null;
    this.temperature = 1;
  }

  // {scores, logs, total, weights}: the scores, their powers of e and the sum of these as logarithms, the shares.
  // own: as the model has it.
  compute(own = false) {
    const { dots, scores, allowed } = this.data;
    const tau = own ? 1 : this.temperature;
    const found = scores.map((score, i) => {
      if (!allowed[i]) return -Infinity;
      if (own) return score;
      if (this.set.has(i)) return this.set.get(i);
      return this.divisor === null ? score : dots[i] / this.divisor;
    });
    const logs = found.map((score) => score / tau);
    const most = Math.max(...logs);
    if (most === -Infinity) return { scores: found, logs, total: -Infinity, weights: logs.map(() => 0) };
    const sum = logs.reduce((all, log) => all + Math.exp(log - most), 0);
    return { scores: found, logs, total: most + Math.log(sum), weights: logs.map((log) => Math.exp(log - most) / sum) };
  }

  // Where the axis of the scores ends at both sides: at round numbers that hold all of them, and 0.
  ends(scores) {
    const finite = scores.filter(Number.isFinite);
    const most = Math.max(...finite.map(Math.abs), 0.01);
    const power = 10 ** Math.floor(Math.log10(most));
    const end = [1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12].map((step) => step * power).find((step) => step >= most * 1.08);
    const less = Math.min(...finite, 0) < 0;
    const more = Math.max(...finite, 0) > 0 || !less;
    return [less ? -end : -end / 4, more ? end : end / 4];
  }
}
