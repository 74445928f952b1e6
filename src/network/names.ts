// Layer names in a flat topology: unique, and such that tfjs takes them.

/** The layer names of one topology. */
export class LayerNames {
  private readonly taken = new Set<string>();

  /**
   * The name to use: the layer's own if nothing stands against it, else with its model's name before it.
   * @param path names of the models around the layer
   */
  claim(name: string, path: readonly string[]): string {
    const own = acceptable(name);
    const withModel = acceptable([...path.slice(-1), name].join('_'));
    let unique = this.taken.has(own) ? withModel : own;
    for (let i = 1; this.taken.has(unique); i++) unique = `${withModel}_${i}`;
    this.taken.add(unique);
    return unique;
  }
}

/** tfjs takes letters, digits and `-._/`, begins with a letter or digit, and looks names up in bare objects. */
function acceptable(name: string): string {
  const plain = name.replace(/[^-\w./]/g, '_');
  return /^[a-zA-Z0-9]/.test(plain) && !(plain in {}) ? plain : `layer_${plain}`;
}
