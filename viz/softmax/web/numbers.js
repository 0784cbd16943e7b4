// Numbers as a person reads them.

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const LN10 = Math.log(10);

const minus = (text) => text.replace("-", "−");

// A score: two digits after the point.
export function scoreText(value) {
  if (value === -Infinity) return "−∞";
  const text = value.toFixed(2);
  return Number(text) === 0 ? "0.00" : minus(text);
}

// e to the power of `log`, which may be too large or too small for a number of its own.
export function raisedText(log) {
  if (log === -Infinity) return "0";
  const tens = log / LN10;
  if (tens >= 6 || tens < -2) {
    let power = Math.floor(tens);
    let lead = (10 ** (tens - power)).toFixed(1);
    if (lead === "10.0") [lead, power] = ["1.0", power + 1];
    const digits = [...String(Math.abs(power))].map((digit) => RAISED[digit]).join("");
    return `${lead}·10${power < 0 ? "⁻" : ""}${digits}`;
  }
  const value = Math.exp(log);
  if (value >= 99.95) return Math.round(value).toLocaleString("en-US");
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}

// A weight, as `viz.columns.percent` writes it.
export function weightText(weight) {
  if (weight > 0 && weight < 0.0001) return "< 0.01 %";
  let digits = 2;
  if (weight === 0 || weight >= 0.9995 || (weight >= 0.0995 && weight < 0.99)) digits = 0;
  else if (weight >= 0.00995) digits = 1;
  return `${(100 * weight).toFixed(digits)} %`;
}
