// Preloaded into a measured process: leaves its peak memory (MiB) in the file that PEAK_MEMORY_FILE names.
import { writeFileSync } from 'node:fs';
import { readPeakMemory } from '../../dist/pipeline/bench/peak-memory.js';

process.on('exit', () => {
  writeFileSync(process.env.PEAK_MEMORY_FILE, String(readPeakMemory() / 2 ** 20));
});
