const endings: (() => Promise<void>)[] = [];

/** Registers a cleanup after the last test of the process, before the shared servers end; the last runs first. */
export const atEnd = (end: () => Promise<void>): void => void endings.push(end);

/** Runs all registered cleanups. */
export const endAll = async (): Promise<void> => {
  for (let end = endings.pop(); end !== undefined; end = endings.pop()) await end();
};
