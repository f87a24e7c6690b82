/** Runs a number of clients, each one call at a time, until every index below `count` was processed. */
export const byClients = async (
  { clients, count }: { readonly clients: number; readonly count: number },
  run: (index: number) => Promise<void>,
): Promise<void> => {
  let next = 0;
  const client = async (): Promise<void> => {
    while (next < count) await run(next++);
  };
  await Promise.all(Array.from({ length: clients }, client));
};
