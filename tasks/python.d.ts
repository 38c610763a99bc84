/** A Python source as text; the builder's text loader and scripts/pythonText.cjs bring it. */
declare module '*.py' {
  const text: string;
  export default text;
}
