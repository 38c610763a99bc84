/** A Python, shell or CSS source as text; the builder's text loader and scripts/scriptText.cjs bring it. */
declare module '*.py' {
  const text: string;
  export default text;
}
declare module '*.css' {
  const text: string;
  export default text;
}
declare module '*.sh' {
  const text: string;
  export default text;
}
