// A look at some JPEGs for damage inside their data, which decoders make pictures of without a word. Reading every code of
// every photo would take a training a sixth of its time: `inspect` does that, here it is as many as a part of it allows.

import { isJpeg } from '../data/formats.js';
import { findJpegDamage } from '../data/jpeg-check.js';
import type { EmitEvent } from '../events.js';

/** What was found: of each JPEG that was read to its end, by its path, what is wrong with it, if anything. */
export type DamageFindings = Map<string, string | undefined>;

/** Part of the time in which photos are looked at: evenly spread, one whenever there is time again. */
const shareOfTime = 0.04;

/** Reads JPEGs to their end beside other work on them, whose time it counts from when it is made. */
export class DamageSampler {
  readonly #started = performance.now();
  #spent = 0;
  #findings: DamageFindings = new Map();

  /** Looks at a photo if there is time. */
  readonly look = (path: string, bytes: Buffer): void => {
    const begun = performance.now();
    if (this.#spent > (begun - this.#started) * shareOfTime || !isJpeg(bytes)) return;
    this.#findings.set(path, findJpegDamage(bytes));
    this.#spent += performance.now() - begun;
  };

  /** What was found since this was last asked. */
  take(): DamageFindings {
    const findings = this.#findings;
    this.#findings = new Map();
    return findings;
  }
}

/** Tells people what was found among so many images, if any was a JPEG. */
export function tellOfDamage(
  findings: ReadonlyMap<string, string | undefined>,
  images: number,
  emit: EmitEvent,
): void {
  const checked = findings.size;
  const damaged = [...findings].filter(([, reason]) => reason !== undefined);
  const [first] = damaged;
  if (first !== undefined) {
    const message =
      `Damaged inside, of ${checked} JPEGs that were read to the end: ${damaged.length}, e.g. ${first[0]} (${first[1]}). ` +
      'They are used as they are. `finetune inspect` finds all of them.';
    emit({ type: 'warning', message });
  } else if (checked > 0) {
    const rest = checked < images ? ', `finetune inspect` reads all' : '';
    const message = `JPEGs read to the end for damage: ${checked} of ${images}, all whole${rest}.`;
    emit({ type: 'notice', message });
  }
}
