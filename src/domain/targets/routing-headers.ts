/**
 * Headers by which gateways and proxies decide where a request goes and whom it is from. A user's own would take it past
 * `INTERNAL_HOSTS` and the check of the certificate: `Host` always says what the URL says, the others are not sent.
 */
export const isHostHeader = (name: string): boolean => name.toLowerCase() === 'host';
export const isForwardingHeader = (name: string): boolean => /^(?:x-)?forwarded(?:-|$)/i.test(name);
