// A duration as people read it.

/**
 * Renders seconds.
 * @example // 70 s, 12 min, 3.5 h
 */
export function renderDuration(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  return seconds < 6000 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
