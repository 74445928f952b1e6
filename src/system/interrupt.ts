// Ctrl-C and its kin: folders that are half written go, then the program ends as if it had not listened.

import { rmSync } from 'node:fs';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const folders = new Set<string>();
let isProgram = false;

/** Says that this process is the command line. In any other, what a signal does is up to that program. */
export function removeOnInterrupt(): void {
  isProgram = true;
}

/**
 * Notes a folder that is worth nothing unless the program gets to its end. Signals are listened to only while there
 * is one: a listener waits for computations that an unheard signal ends at once.
 * @returns forgets it again
 */
export function onInterrupt(folder: string): () => void {
  if (isProgram && folders.size === 0) for (const signal of signals) process.once(signal, removeAll);
  folders.add(folder);
  return () => {
    folders.delete(folder);
    if (folders.size === 0) stopListening();
  };
}

function removeAll(signal: NodeJS.Signals): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  stopListening();
  process.kill(process.pid, signal);
}

function stopListening(): void {
  for (const signal of signals) process.off(signal, removeAll);
}
