export { isPublicAddress, judgeAddress } from './judge-address.ts';
export { checkTarget, judgeAddresses, judgeUrl, type Resolve, type ResolveFor } from './judge-url.ts';
export { parsePortRanges, parseTargetEntries, parseTargetPolicy, type TargetPolicy } from './policy.ts';
export { TargetRejected } from './rejected.ts';
export {
  boundOrigin,
  CALL_HEADER,
  isHostHeader,
  isUnsentHeader,
  namesOfTarget,
  originNotAllowedMessage,
  parseTargetName,
  rejectedOrigin,
  staticOrigin,
  TargetName,
  targetNames,
  targetUrl,
} from './target-url.ts';
