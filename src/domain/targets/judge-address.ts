import ipaddr from 'ipaddr.js';
import { coversAddress, type TargetPolicy } from './policy.ts';
import { metadataRejected, notAllowed, TargetRejected } from './rejected.ts';
import { type Address, isMetadataAddress, specialRangeOf } from './special-ranges.ts';

/** `entry` is the entry of a setting that would allow the address; `shown` stands for the address in messages. */
type JudgedAddress = { readonly port: number; readonly entry: string; readonly shown: string };

/** With `isListedName`, the operator has allowed the name: then only the address of a metadata service is rejected. */
export const judgeParsed = (
  address: Address,
  at: JudgedAddress,
  policy: TargetPolicy & { readonly isListedName?: boolean },
): TargetRejected | undefined => {
  const covering = policy.allowed.filter((entry) => coversAddress(entry, address, at.port));
  if (covering.some((entry) => entry.kind === 'range' && entry.isSingle)) return undefined;
  if (isMetadataAddress(address)) return metadataRejected(at.shown);
  if (covering.length > 0 || policy.isListedName === true) return undefined;
  if (policy.internal.some((entry) => coversAddress(entry, address, at.port))) {
    const why = `${at.shown} is an internal service: call it through the gateway`;
    return notAllowed('internal-host', why, at.entry);
  }
  const special = specialRangeOf(address);
  if (special !== undefined) return notAllowed(special.rule, `${at.shown} is in ${special.cidr}`, at.entry);
  return policy.listedOnly ? notListed(at.shown, at.entry) : undefined;
};

/** The rejection of a target that nothing forbids but `TARGETS=listed`. */
export const notListed = (shown: string, entry: string): TargetRejected =>
  notAllowed('not-listed', `${shown} is not listed, and TARGETS=listed blocks everything else`, entry);

export const parseAddress = (text: string): Address | undefined =>
  ipaddr.isValid(text) ? ipaddr.parse(text) : undefined;

/** Whether an address lies in no range that has a special purpose. */
export const isPublicAddress = (text: string): boolean => {
  const address = parseAddress(text);
  return address !== undefined && specialRangeOf(address) === undefined;
};

/** Why an address must not be called at this port; undefined if it may be. */
export const judgeAddress = (text: string, policy: TargetPolicy, port: number): TargetRejected | undefined => {
  const address = parseAddress(text);
  if (address === undefined) return new TargetRejected({ rule: 'invalid-address', why: `${text} is not an address` });
  const entry = `${address.kind() === 'ipv4' ? text : `[${text}]`}:${port}`;
  return judgeParsed(address, { port, entry, shown: text }, policy);
};
