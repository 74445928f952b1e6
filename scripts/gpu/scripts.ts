// The scripts that run on the other machine, as JavaScript: there is no tsx.
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';

/** Beside the program as it was built. */
const compiled = ['check.ts', 'cuda.ts', 'measure.ts', 'networks.ts', 'parts.ts', 'peer.ts', 'table.ts'];

/** Writes them into a folder that has `../../dist`. */
export async function copyScripts(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const name of await readdir(from)) {
    if (name.endsWith('.py')) await cp(join(from, name), join(to, name));
    if (!compiled.includes(name)) continue;
    const { outputText } = ts.transpileModule(await readFile(join(from, name), 'utf8'), {
      compilerOptions: {
        target: ts.ScriptTarget.ES2023,
        module: ts.ModuleKind.ESNext,
        verbatimModuleSyntax: true,
      },
    });
    await writeFile(
      join(to, name.replace(/ts$/, 'js')),
      outputText.replaceAll("'../../src/", "'../../dist/"),
    );
  }
}
