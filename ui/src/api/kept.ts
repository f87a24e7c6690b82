const KEY = 'carillon.';

/** What this browser keeps by a name, and nobody else sees. */
export const readKept = (name: string): string | null => {
  try {
    return localStorage.getItem(KEY + name);
  } catch {
    return null;
  }
};

/** Keeps a text by its name, or forgets it. */
export const keep = (name: string, value: string | undefined): void => {
  try {
    if (value === undefined) localStorage.removeItem(KEY + name);
    else localStorage.setItem(KEY + name, value);
  } catch {
    // A browser that keeps nothing forgets it with the tab.
  }
};
