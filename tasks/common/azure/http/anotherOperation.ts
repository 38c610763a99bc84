const codes = /ContainerGroupTransitioning|AnotherOperation|OperationInProgress|ConcurrentUpdate|RequestInProgress/i;
const sentences = /\b(another|other|an?|previous) (operation|request|update|deployment)\b[^.]{0,80}\bin progress\b/i;

/** Whether a refusal (409) only says that Azure is still busy with another change of the same thing: that one passes. */
export function isAnotherOperation(text: string): boolean {
  return codes.test(text) || sentences.test(text) || /\bstill transitioning\b/i.test(text);
}
