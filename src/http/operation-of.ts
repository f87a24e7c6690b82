import type { IncomingMessage } from 'node:http';

const operations = new WeakMap<IncomingMessage, string>();

/** Notes which operation of the API a request asks for. */
export const noteOperation = (request: IncomingMessage, operationId: string): void => {
  operations.set(request, operationId);
};

/** The operation that a request asks for; undefined where no route serves its path. */
export const operationOf = (request: IncomingMessage): string | undefined => operations.get(request);
