/**
 * A port of which a test needs few members. Calling another one fails with its name, also on stderr, because an app would
 * respond with 500.
 */
export const stub = <T extends object>(members: Partial<T>): T =>
  new Proxy<T>(Object.assign(Object.create(null), members), {
    get: (named, name) =>
      name in named || typeof name === 'symbol' || name === 'then' ? Reflect.get(named, name) : () => fail(name),
  });

const fail = (name: string): never => {
  const message = `${name} was called, and the test has no stub of it`;
  console.error(message);
  throw new Error(message);
};
