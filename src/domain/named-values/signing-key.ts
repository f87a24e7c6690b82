const FORM = /^whsec_([A-Za-z0-9+/]+={0,2})$/;
const LEAST_BYTES = 24;
const MOST_BYTES = 64;

export const SIGNING_KEY_FORM = `a signing key is whsec_ and base64 of ${LEAST_BYTES} to ${MOST_BYTES} bytes: echo "whsec_$(openssl rand -base64 32)"`;

/** The bytes of a key that signs calls, as Standard Webhooks writes one; undefined if the text is none. */
export const readSigningKey = (text: string): Buffer | undefined => {
  const [, encoded] = FORM.exec(text) ?? [];
  if (encoded === undefined) return undefined;
  const key = Buffer.from(encoded, 'base64');
  const isWhole = key.toString('base64') === encoded;
  return isWhole && key.length >= LEAST_BYTES && key.length <= MOST_BYTES ? key : undefined;
};
