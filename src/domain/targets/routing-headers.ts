/**
 * Headers by which gateways and proxies decide where a request goes and who sent it. A task that could set them could
 * get past `INTERNAL_HOSTS` and the check of certificates. So `Host` is always that of the URL, and the others are not
 * sent.
 */
export const isHostHeader = (name: string): boolean => name.toLowerCase() === 'host';
export const isForwardingHeader = (name: string): boolean => /^(?:x-)?forwarded(?:-|$)/i.test(name);
