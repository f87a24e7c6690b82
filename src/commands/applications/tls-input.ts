import { z } from 'zod';
import { readCertificates, readPrivateKey } from '../../domain/tls/certificates.ts';
import { Slug } from '../slug.ts';
import { Origin, serverSet } from './value-input.ts';

export const TlsNamed = z.strictObject({ name: Slug });

const MOST_ORIGINS = 20;
const LONGEST_PEM = 65_536;

const Certificates = z
  .string()
  .max(LONGEST_PEM)
  .refine((text) => readCertificates(text) !== undefined, 'must be one or more certificates in PEM, and nothing else');
const PrivateKey = z
  .string()
  .max(LONGEST_PEM)
  .refine((text) => readPrivateKey(text) !== undefined, 'must be a private key in PEM, without a passphrase');
/** Sent in place of the key to keep the stored one. */
const Kept = z.strictObject({ sealed: z.literal(true) });

/** Set as a whole. What GET shows of certificates is ignored, apart from their PEM. */
export const SetTls = z
  .strictObject({
    ...serverSet,
    origins: z
      .array(Origin.refine((origin) => origin.startsWith('https:'), 'must begin with https:'))
      .min(1, 'must name at least one origin')
      .max(MOST_ORIGINS),
    ca: Certificates.optional(),
    certificate: Certificates.optional(),
    key: z.union([PrivateKey, Kept]).optional(),
    expiry: z.unknown().optional(),
    authorities: z.unknown().optional(),
    chain: z.unknown().optional(),
  })
  .check(({ value, issues }) => {
    const complain = (field: string, message: string): void => {
      issues.push({ code: 'custom', path: [field], message, input: value });
    };
    if (value.ca === undefined && value.certificate === undefined)
      complain('ca', 'give ca, certificate with key, or all');
    if (value.key !== undefined && value.certificate === undefined) complain('certificate', 'is required beside key');
    if (value.certificate !== undefined && value.key === undefined) {
      complain('key', 'is required beside certificate; {"sealed": true} keeps the stored one');
    }
  });
export type SetTls = z.infer<typeof SetTls>;
