// Damage inside JPEGs, looked for in as many as time allows.
import assert from 'node:assert/strict';
import test from 'node:test';
import type { PipelineEvent } from '../../src/events.js';
import { DamageSampler, tellOfDamage } from '../../src/features/damage-sample.js';
import { damageJpeg } from '../data/damage-jpeg.js';
import { numberedJpeg, quartersImage } from '../data/sample-images.js';

const photo = await quartersImage().resize(200).jpeg().toBuffer();

test('the first JPEG is read to its end whatever time it takes, then as many as a part of the time allows', async () => {
  const sampler = new DamageSampler();
  sampler.look('png', await quartersImage().png().toBuffer());
  for (let i = 0; i < 50; i++) sampler.look(`${i}`, damageJpeg(photo, 8));
  const findings = sampler.take();
  assert.match(findings.get('0') ?? '', /^damaged/);
  assert.ok(!findings.has('png') && findings.size < 50);
  assert.equal(sampler.take().size, 0);
});

test('a damaged JPEG is named, and how many were read', async () => {
  const [sampler, other] = [new DamageSampler(), new DamageSampler()];
  sampler.look('good', await numberedJpeg(1));
  other.look('damaged', damageJpeg(photo, 8));
  const findings = [...sampler.take(), ...other.take()];
  assert.match(
    told(new Map(findings)),
    /^warning: Damaged inside, of 2 JPEGs that were read to the end: 1, e\.g\. damaged \(damaged/,
  );
  assert.match(told(new Map(findings.slice(0, 1))), /^notice: JPEGs read .*: 1 of 9, all whole, `finetune/);
  assert.equal(told(new Map()), '');
});

function told(findings: ReadonlyMap<string, string | undefined>): string {
  const events: PipelineEvent[] = [];
  tellOfDamage(findings, 9, event => events.push(event));
  return events.map(event => ('message' in event ? `${event.type}: ${event.message}` : event.type)).join();
}
