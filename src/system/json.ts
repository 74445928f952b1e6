// JSON that came from a file: read within bounds, and looked into with a message that names the place of every miss.

import { readFile } from 'node:fs/promises';
import { FinetuneError } from '../errors.js';
import { foreignKind } from './foreign-file.js';
import { measureFile } from './read-failure.js';

/** An object as JSON has it, of which nothing is known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Topologies of thousands of layers stay below; more is no model. */
export const maximumJsonBytes = 64 * 1024 * 1024;

/** Topologies stay far below; at some thousand levels `JSON.stringify` and every recursive walk exhaust the stack. */
const maximumDepth = 500;

/**
 * Reads a JSON file of a model.
 * @param expected what should be there, for the message, e.g. `the folder of a tfjs layers model`
 * @throws FinetuneError `not-found` | `bad-model`
 */
export async function readJsonFile(path: string, expected: string): Promise<unknown> {
  const size = await measureFile(path);
  if (typeof size === 'string')
    throw new FinetuneError('not-found', `${path} ${size}. Expected ${expected}.`);
  if (size > maximumJsonBytes) {
    throw new FinetuneError(
      'bad-model',
      `${path} has ${size} bytes; at most ${maximumJsonBytes} are read. Expected ${expected}.`,
    );
  }
  return parseJson(await readFile(path, 'utf8'), path);
}

/**
 * Parses JSON text.
 * @param where what the text is, for the message, e.g. `config.json of model.keras`
 * @throws FinetuneError `bad-model` for text that is no JSON, or nested deeper than any model
 */
export function parseJson(text: string, where: string): unknown {
  const value = parseText(text, where);
  if (isDeeper(value, maximumDepth)) {
    throw new FinetuneError(
      'bad-model',
      `${where} holds lists within lists more than ${maximumDepth} deep. No model does: it is damaged, or made to do harm.`,
    );
  }
  return value;
}

function parseText(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const kind = text.trim() === '' ? 'empty' : foreignKind(Buffer.from(text.slice(0, 512)));
    const reason = kind === undefined ? 'is not JSON: it is damaged or of another kind' : `is ${kind}`;
    throw new FinetuneError('bad-model', `${where} ${reason}. Copy or download it again.`, { cause });
  }
}

/** Level by level, not by recursion: that is what the depth would break. */
function isDeeper(value: unknown, depth: number): boolean {
  let level = [value].filter(isContainer);
  for (let i = 0; i < depth && level.length > 0; i++) {
    level = level.flatMap(item => Object.values(item).filter(isContainer));
  }
  return level.length > 0;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Whether a value is a JSON object (not null, no array). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The value, which must be an object.
 * @throws FinetuneError `bad-model`
 */
export function objectAt(value: unknown, where: string): JsonObject {
  return isObject(value) ? value : mismatch(value, where, 'an object');
}

/**
 * The value, which must be an array.
 * @throws FinetuneError `bad-model`
 */
export function arrayAt(value: unknown, where: string): readonly unknown[] {
  return Array.isArray(value) ? value : mismatch(value, where, 'a list');
}

/**
 * The value, which must be a line of 1 to 1000 characters, none of which moves a cursor.
 * @throws FinetuneError `bad-model`
 */
export function textAt(value: unknown, where: string): string {
  const fits = typeof value === 'string' && /^\P{Cc}{1,1000}$/u.test(value);
  return fits ? value : mismatch(value, where, 'a line of 1 to 1000 characters');
}

/**
 * The value, which must be a whole number from 0 up.
 * @throws FinetuneError `bad-model`
 */
export function countAt(value: unknown, where: string): number {
  const fits = typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
  return fits ? value : mismatch(value, where, 'a whole number from 0 up');
}

function mismatch(value: unknown, where: string, expected: string): never {
  const received = JSON.stringify(value) ?? 'nothing';
  throw new FinetuneError(
    'bad-model',
    `${where}: expected ${expected}, received ${received.slice(0, 80)}. The file is damaged or of another kind.`,
  );
}
