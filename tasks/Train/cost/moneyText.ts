/** "1.27 USD", and of less than a cent "less than 0.01 USD". */
export function moneyText(amount: number, currency: string): string {
  if (amount > 0 && amount < 0.005) return `less than 0.01 ${currency}`;
  // What is half a cent in decimals may be a little less in binary.
  return `${(Math.round(amount * 100 + 1e-7) / 100).toFixed(2)} ${currency}`;
}

/** A price an hour as the list has it: "0.29 USD". */
export function priceText(perHour: number, currency: string): string {
  return `${Number(perHour.toFixed(6))} ${currency}`;
}
