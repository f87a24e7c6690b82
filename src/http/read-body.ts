import express, { type Request, type Response } from 'express';

const LARGEST_BODY = '256kb';

/** The body's bytes, unzipped. Rejects with the reader's own error, which problem-details.ts knows. */
export const readBody = (request: Request, response: Response, limit = LARGEST_BODY): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    express.raw({ type: () => true, limit })(request, response, (error?: unknown) => {
      if (error !== undefined && error !== null) return reject(error);
      const body: unknown = request.body;
      resolve(Buffer.isBuffer(body) ? body : Buffer.alloc(0));
    });
  });
