import { createServer } from 'node:http';

/**
 * A target in a process of its own: answers each POST with a small JSON, and counts the slots it is called for.
 * GET /counts tells how many calls came in all, and how many of them twice for the same job and slot.
 */
const seen = new Map<string, number>();
let calls = 0;

const server = createServer((request, response) => {
  if (request.url === '/counts') {
    const twice = [...seen.values()].filter((count) => count > 1).length;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ calls, slots: seen.size, twice }));
    return;
  }
  if (request.url === '/reset') {
    seen.clear();
    calls = 0;
    response.end();
    return;
  }
  request.resume();
  request.on('end', () => {
    calls++;
    const slot = `${request.headers['carillon-job']}@${request.headers['carillon-scheduled-at']}`;
    seen.set(slot, (seen.get(slot) ?? 0) + 1);
    response.setHeader('content-type', 'application/json');
    response.end('{"ok":true}');
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') process.send?.({ port: address?.port });
});
process.on('disconnect', () => process.exit(0));
