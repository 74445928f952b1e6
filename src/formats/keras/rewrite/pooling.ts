// Pooling layers.

import type { KerasLayer, Steps, Tensor } from '../../layer-config/steps.js';
import { common, perAxis, unsupportedSetting } from './settings.js';

/** `MaxPooling2D` and its like, over `axes` spatial axes. */
export function pooling(axes: number) {
  return (layer: KerasLayer, steps: Steps): Tensor => {
    const padding = String(layer.config.padding ?? 'valid').toLowerCase();
    if (padding !== 'same' && padding !== 'valid')
      throw unsupportedSetting(layer, `padding=${padding.slice(0, 40)}`);
    const size = perAxis(layer, 'pool_size', axes, 2);
    const strides = (layer.config.strides ?? null) === null ? size : perAxis(layer, 'strides', axes);
    const format = axes === 1 ? {} : { data_format: 'channels_last' };
    const config = { ...common(layer), pool_size: size, strides, padding, ...format };
    return steps.add(layer.className, config, steps.input);
  };
}

/** `GlobalAveragePooling2D` and its like; tfjs drops the pooled axes, `keepdims` wants them back. */
export function globalPooling(layer: KerasLayer, steps: Steps): Tensor {
  const format = layer.className.endsWith('1D') ? {} : { data_format: 'channels_last' };
  const pooled = steps.add(layer.className, { ...common(layer), ...format }, steps.input);
  if (layer.config.keepdims !== true) return pooled;
  const ones = steps.input.shape.slice(1).map(() => 1);
  return steps.add('Reshape', { target_shape: [...ones, ...pooled.shape] }, pooled);
}
