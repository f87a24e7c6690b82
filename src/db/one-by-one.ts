import type pg from 'pg';

/**
 * Returns the same client, but it sends a statement only once the one before it was answered, as a connection must that
 * copies rows. A statement that is a stream is sent at once: the caller waits before and after it.
 */
export const oneByOne = (client: pg.Client): pg.Client => {
  let last: Promise<unknown> = Promise.resolve();
  const query = (...statement: readonly unknown[]): unknown => {
    const [first] = statement;
    const send = () => Reflect.apply(client.query, client, statement);
    if (typeof first === 'object' && first !== null && 'submit' in first) return send();
    const answer = last.then(send);
    last = answer.catch(() => {});
    return answer;
  };
  return new Proxy(client, { get: (target, key) => (key === 'query' ? query : Reflect.get(target, key, target)) });
};
