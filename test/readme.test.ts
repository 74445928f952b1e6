// The README's sessions and examples, run. A number may differ in its digits; every word has to be right.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, openAsBlob, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import ts from 'typescript';
import { chromium, openPage } from './helpers/browser.js';
import { checkout, makeWorkplace } from './helpers/finetune.js';

const readme = readFileSync(join(checkout, 'README.md'), 'utf8');
const continuousIntegration = readFileSync(join(checkout, '.ci/run'), 'utf8');

const strictest = {
  ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
  ...{ noPropertyAccessFromIndexSignature: true, noImplicitOverride: true, useUnknownInCatchVariables: true },
  ...{
    target: 'ES2023',
    lib: ['ES2023'],
    module: 'nodenext',
    types: ['node'],
    skipLibCheck: true,
    noEmit: true,
  },
};

function blocks(language: string): string[] {
  return [...readme.matchAll(/```(\w+)\n([\s\S]*?)```/g)]
    .filter(([, kind]) => kind === language)
    .map(([, , text]) => text!);
}

/** `$ finetune ...` lines of a session, each with the output shown below it. */
function readSession(block: string): { args: string[]; shown: string }[] {
  return block
    .split(/^\$ finetune /m)
    .slice(1)
    .map(part => {
      const [line, ...shown] = part.split('\n');
      return { args: line!.split(' '), shown: shown.join('\n').trim() };
    });
}

/** Runs of white space and digits count as equal: timings, and columns as wide as their numbers. */
const withoutNumbers = (text: string) =>
  text
    .replace(/[\d.·]+/g, '0')
    .replace(/ +/g, ' ')
    .trim();

/** One for all: photos that a session has sent through the base, a program finds in the store. */
const workplace = makeWorkplace();
cpSync(join(checkout, 'datasets'), join(workplace.dir, 'datasets'), { recursive: true });

test('the sessions that the README shows run as shown', () => {
  const sessions = blocks('console').flatMap(readSession);
  assert.ok(sessions.length >= 3);
  for (const { args, shown } of sessions) {
    const { status, stdout, stderr } = workplace.run(args);
    assert.equal(status, 0, stderr);
    if (shown !== '') assert.equal(withoutNumbers(stdout), withoutNumbers(shown));
  }
});

const isServer = (program: string) => program.includes('createServer');

/** Writes a program of the README into the workplace, where the sessions have left their run. */
function writeProgram(name: string, program: string): string {
  const file = join(workplace.dir, name);
  writeFileSync(file, program.replaceAll("'finetune'", JSON.stringify(join(checkout, 'dist/index.js'))));
  return file;
}

test('the programs that the README shows run', () => {
  const programs = blocks('js').filter(program => !isServer(program));
  assert.ok(programs.length > 0);
  for (const [i, program] of programs.entries()) {
    const { status, stderr } = workplace.runNode([writeProgram(`example-${i}.mjs`, program)]);
    assert.equal(status, 0, stderr);
  }
});

test('the server that the README shows names what is on a photo, and refuses what is none', async t => {
  const port = await findFreePort();
  const [program] = blocks('js').filter(isServer);
  const file = writeProgram('server.mjs', program!.replace('8080', String(port)));
  const server = spawn(process.execPath, [file], { cwd: workplace.dir, stdio: 'inherit' });
  t.after(() => server.kill());
  const post = (body: string | Blob) => fetch(`http://127.0.0.1:${port}`, { method: 'POST', body });
  while (server.exitCode === null) {
    if (
      await post('').then(
        () => true,
        () => sleep(100, false),
      )
    )
      break;
  }
  const photo = await openAsBlob(join(checkout, 'datasets/digits-unseen/0.png'));
  const prediction = (await (await post(photo)).json()) as { label: string };
  assert.equal(prediction.label, '0');
  assert.equal((await post('no photo')).status, 400);
});

test('the page that the README shows names what is on a photo, in a real browser', {
  skip: chromium === undefined && 'no Chromium here',
}, async () => {
  const [page] = blocks('html');
  const files: Readonly<Record<string, string>> = {
    '/tf.min.js': join(checkout, 'node_modules/@tensorflow/tfjs/dist/tf.min.js'),
    '/photo.png': join(checkout, 'datasets/digits-unseen/0.png'),
  };
  const said = await openPage(
    page!.replace(/https:.*tf.min.js/, '/tf.min.js'),
    address => files[address] ?? join(workplace.dir, 'runs/digits', address),
  );
  assert.match(said, /^0: (0\.9|1\.0)/);
});

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

test('the programs that the README shows pass TypeScript at its strictest', async () => {
  const programs = [...blocks('js'), ...blocks('ts')];
  const folder = mkdtempSync(join(checkout, '.cache-readme-'));
  try {
    const files = programs.map((program, i) => {
      const file = join(folder, `example-${i}.mts`);
      writeFileSync(file, program.replaceAll("'finetune'", JSON.stringify(join(checkout, 'dist/index.js'))));
      return file;
    });
    const { options } = ts.convertCompilerOptionsFromJson(strictest, folder);
    const found = ts.getPreEmitDiagnostics(ts.createProgram(files, options));
    assert.deepEqual(
      found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')),
      [],
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('every file that CONTRIBUTING names is there, but for imaginary ones', () => {
  const text = readFileSync(join(checkout, 'CONTRIBUTING.md'), 'utf8');
  const paths = [...text.matchAll(/[\w.-]+(?:\/[\w.-]+)+\.(?:ts|py|json|md)\b/g)].map(([path]) => path);
  assert.ok(paths.length > 50);
  const missing = paths.filter(path => !['', 'src'].some(place => existsSync(join(checkout, place, path))));
  assert.deepEqual(
    missing.filter(path => !/(count|mine)\.ts$/.test(path)),
    [],
  );
});

test('continuous integration runs the two commands of the README', () => {
  const commands = blocks('sh')
    .map(text => text.trim())
    .filter(text => /npm (ci|run)\b/.test(text));
  assert.equal(commands.length, 2);
  for (const command of commands) assert.ok(continuousIntegration.includes(`\n${command}\n`), command);
});
