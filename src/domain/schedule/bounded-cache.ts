/**
 * Remembers what `make` gave for a key, at most about `most` results: full, the older half is forgotten, except for
 * what was asked for since. Costs one map look-up on a hit, unlike a list kept in order of use.
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
