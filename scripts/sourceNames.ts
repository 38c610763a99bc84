import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

/** The file and everything that it imports by a relative path, each once. */
function withImports(file: string, seen = new Map<string, ts.SourceFile>()): ts.SourceFile[] {
  if (!seen.has(file) && existsSync(file)) {
    const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true);
    seen.set(file, source);
    for (const { fileName } of ts.preProcessFile(source.text).importedFiles) {
      if (fileName.startsWith('.')) withImports(join(dirname(file), `${fileName}.ts`), seen);
    }
  }
  return [...seen.values()];
}

function visit(node: ts.Node, each: (node: ts.Node) => void): void {
  each(node);
  node.forEachChild((child) => visit(child, each));
}

/** The first argument of a call of one of `reader`'s methods, e.g. 'champion' of `reader.text('champion')`. */
function nameGivenToReader(node: ts.Node): ts.Expression | undefined {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return undefined;
  const { expression: target, name } = node.expression;
  return target.getText() === 'reader' && name.text !== 'problem' ? node.arguments[0] : undefined;
}

/** Functions that hand one of their parameters on to the reader, with that parameter's place. */
function readingFunctions(file: ts.SourceFile): Map<string, number> {
  const found = new Map<string, number>();
  visit(file, (node) => {
    const declaration = ts.isVariableDeclaration(node) ? node.initializer : node;
    if (!declaration || !(ts.isArrowFunction(declaration) || ts.isFunctionDeclaration(declaration))) return;
    const named = ts.isVariableDeclaration(node) ? node.name : declaration.name;
    if (!named) return;
    visit(declaration, (inner) => {
      const given = nameGivenToReader(inner);
      const place = declaration.parameters.findIndex(
        (parameter) => given && parameter.name.getText() === given.getText(),
      );
      if (place >= 0) found.set(named.getText(), place);
    });
  });
  return found;
}

/** Names of the inputs that a task's inputs.ts reads: the literals that reach the methods of `reader`. */
export function inputsRead(taskDir: string): Set<string> {
  const names = new Set<string>();
  for (const file of withImports(join(taskDir, 'inputs.ts'))) {
    const functions = readingFunctions(file);
    visit(file, (node) => {
      let name = nameGivenToReader(node);
      if (ts.isCallExpression(node)) name ??= node.arguments[functions.get(node.expression.getText()) ?? -1];
      if (name && ts.isStringLiteral(name)) names.add(name.text);
    });
  }
  return names;
}

/**
 * Names of the output variables that a task sets: the keys of every object literal that becomes `outputs`, and
 * `recordFile`, which runTask sets for a result that has one.
 */
export function outputsSet(taskDir: string): Set<string> {
  const names = new Set<string>();
  const keys = (node: ts.Expression): void => {
    if (ts.isObjectLiteralExpression(node)) {
      for (const property of node.properties) {
        if (ts.isSpreadAssignment(property)) keys(property.expression);
        else if (property.name && (ts.isIdentifier(property.name) || ts.isStringLiteral(property.name))) {
          names.add(property.name.text);
        }
      }
    } else if (ts.isConditionalExpression(node)) [node.whenTrue, node.whenFalse].forEach(keys);
    else if (ts.isParenthesizedExpression(node)) keys(node.expression);
    else if (ts.isBinaryExpression(node)) keys(node.right);
  };
  const isNamed = (name: ts.Node | undefined, text: string): boolean =>
    name !== undefined && ts.isIdentifier(name) && name.text === text;

  for (const file of withImports(join(taskDir, 'main.ts'))) {
    if (!file.fileName.startsWith(taskDir)) continue;
    visit(file, (node) => {
      if (ts.isPropertyAssignment(node) && isNamed(node.name, 'outputs')) keys(node.initializer);
      if (ts.isVariableDeclaration(node) && isNamed(node.name, 'outputs') && node.initializer) keys(node.initializer);
      if (ts.isFunctionDeclaration(node) && isNamed(node.name, 'outputs')) {
        visit(node, (inner) => {
          if (ts.isReturnStatement(inner) && inner.expression) keys(inner.expression);
        });
      }
      if (
        ts.isBinaryExpression(node) &&
        node.operatorToken.kind === ts.SyntaxKind.EqualsToken &&
        ts.isPropertyAccessExpression(node.left) &&
        isNamed(node.left.expression, 'outputs')
      ) {
        names.add(node.left.name.text);
      }
      if (
        (ts.isPropertyAssignment(node) || ts.isShorthandPropertyAssignment(node)) &&
        isNamed(node.name, 'recordFile')
      ) {
        names.add('recordFile');
      }
    });
  }
  return names;
}
