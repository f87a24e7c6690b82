const KEY = 'carillon.';

/** Reads a text stored in this browser. */
export const readKept = (name: string): string | null => {
  try {
    return localStorage.getItem(KEY + name);
  } catch {
    return null;
  }
};

/** Stores a text in this browser, or removes it. */
export const keep = (name: string, value: string | undefined): void => {
  try {
    if (value === undefined) localStorage.removeItem(KEY + name);
    else localStorage.setItem(KEY + name, value);
  } catch {
    // Storage is unavailable: the text is lost with the tab.
  }
};
