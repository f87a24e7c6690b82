const endings: (() => Promise<void>)[] = [];

/** Has something ended after the last test of the process, before what all tests share: the last first. */
export const atEnd = (end: () => Promise<void>): void => void endings.push(end);

/** Ends what `atEnd` was told. */
export const endAll = async (): Promise<void> => {
  for (let end = endings.pop(); end !== undefined; end = endings.pop()) await end();
};
