/** An in-toto statement: what is said of which artifacts. Source: in-toto/attestation, spec/v1/statement.md. */
export interface Statement<Predicate = unknown> {
  readonly _type: typeof statementType;
  readonly subject: ReadonlyArray<{ readonly name?: string; readonly digest: Readonly<Record<string, string>> }>;
  readonly predicateType: string;
  readonly predicate: Predicate;
}

export const statementType = 'https://in-toto.io/Statement/v1';

/** @param image its name and its digest, sha256:… */
export function statementOf<Predicate>(
  image: { readonly name: string; readonly digest: string },
  predicateType: string,
  predicate: Predicate,
): Statement<Predicate> {
  const [algorithm = '', value = ''] = image.digest.split(':');
  const subject = [{ name: image.name, digest: { [algorithm]: value } }];
  return { _type: statementType, subject, predicateType, predicate };
}

/** Whether the statement is about the image with this digest. */
export function isAbout({ subject }: Statement, digest: string): boolean {
  const [algorithm = '', value = ''] = digest.split(':');
  return subject.some((each) => Object.hasOwn(each.digest, algorithm) && each.digest[algorithm] === value);
}

/** @returns undefined where the text is not an in-toto statement */
export function readStatement(text: string): Statement | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { _type, subject, predicateType, predicate } = (value ?? {}) as Partial<Statement>;
  const isSubject = (each: unknown) => typeof (each as { digest?: unknown } | null)?.digest === 'object' && !!(each as { digest: unknown }).digest; // prettier-ignore
  const isRight =
    _type === statementType &&
    typeof predicateType === 'string' &&
    Array.isArray(subject) &&
    subject.every(isSubject) &&
    typeof predicate === 'object' &&
    predicate !== null;
  return isRight ? (value as Statement) : undefined;
}
