// Typed looks into JSON that came from a file: every miss names the place.

import { FinetuneError } from '../errors.js';

export type JsonObject = Readonly<Record<string, unknown>>;

/** Topologies of thousands of layers stay below; more is no model. */
export const maximumJsonBytes = 64 * 1024 * 1024;

/**
 * Parses JSON text.
 * @param where what the text is, for the message, e.g. `config.json of model.keras`
 * @throws FinetuneError `bad-model`
 */
export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FinetuneError('bad-model', `${where} is not JSON. The file is damaged or of another kind.`, {
      cause: error,
    });
  }
}

/** Whether a value is a JSON object (not null, no array). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws FinetuneError `bad-model` unless the value is an object */
export function objectAt(value: unknown, where: string): JsonObject {
  return isObject(value) ? value : mismatch(value, where, 'an object');
}

/** @throws FinetuneError `bad-model` unless the value is an array */
export function arrayAt(value: unknown, where: string): readonly unknown[] {
  return Array.isArray(value) ? value : mismatch(value, where, 'a list');
}

/** @throws FinetuneError `bad-model` unless the value is a line of 1 to 1000 characters, none of which moves a cursor */
export function textAt(value: unknown, where: string): string {
  const fits = typeof value === 'string' && /^\P{Cc}{1,1000}$/u.test(value);
  return fits ? value : mismatch(value, where, 'a line of 1 to 1000 characters');
}

/** @throws FinetuneError `bad-model` unless the value is a whole number from 0 up */
export function countAt(value: unknown, where: string): number {
  const fits = Number.isSafeInteger(value) && (value as number) >= 0;
  return fits ? (value as number) : mismatch(value, where, 'a whole number from 0 up');
}

function mismatch(value: unknown, where: string, expected: string): never {
  const received = JSON.stringify(value) ?? 'nothing';
  throw new FinetuneError(
    'bad-model',
    `${where}: expected ${expected}, received ${received.slice(0, 80)}. The file is damaged or of another kind.`,
  );
}
