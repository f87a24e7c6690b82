/**
 * Caches up to about `most` results of `make` by key. A full cache drops its older half, except results used again since.
 * Most hits take one map lookup, which is cheaper than a list in order of use.
 */
export const boundedCache = <Key, Value>(most: number, make: (key: Key) => Value): ((key: Key) => Value) => {
  let young = new Map<Key, Value>();
  let old = new Map<Key, Value>();
  return (key) => {
    const known = young.get(key);
    if (known !== undefined) return known;
    const value = old.get(key) ?? make(key);
    if (young.size >= most / 2) {
      old = young;
      young = new Map();
    }
    young.set(key, value);
    return value;
  };
};
