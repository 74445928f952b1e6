// What a kernel of tfjs is called with beside its tensors.

import type { NamedAttrMap } from '@tensorflow/tfjs-core';

/**
 * Attributes of a kernel. tfjs types all kernels alike; which attributes one gets is laid down with its name.
 * @param attributes as the kernel was called with
 */
export function attributesOf<Attributes extends object>(attributes: NamedAttrMap | undefined): Attributes {
  const all: object = attributes ?? {};
  return all as Attributes;
}
