/** So many clients run, each one at a time, until it was run for every index below `count`. */
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
