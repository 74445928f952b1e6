// Preloaded into a measured process: leaves its peak memory (MB, 10^6 bytes) in the file that PEAK_MEMORY_FILE names.
const { writeFileSync } = require('node:fs');
const { readPeakMemory } = require('../../dist/system/peak-memory.js');

process.on('exit', () => {
  writeFileSync(process.env.PEAK_MEMORY_FILE, String(readPeakMemory() / 1e6));
});
