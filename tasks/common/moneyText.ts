/** An amount as people read it: in cents, and below ten cents by two digits that say something. "1.27 USD", "0.0024 USD" */
export function moneyText(amount: number, currency: string): string {
  if (amount > 0 && amount < 0.0995) return exactText(Number(amount.toPrecision(2)), currency);
  // What is half a cent in decimals may be a little less in binary.
  return `${(Math.round(amount * 100 + 1e-7) / 100).toFixed(2)} ${currency}`;
}

/** An amount as somebody has set it, such as a price an hour: "0.29 USD", "5 USD". */
export function exactText(amount: number, currency: string): string {
  return `${Number(amount.toFixed(6))} ${currency}`;
}
