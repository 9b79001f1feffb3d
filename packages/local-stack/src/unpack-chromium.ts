import chromium from '@sparticuz/chromium';

// The child program of unpackedChromium: the package unpacks into the temporary directory of its process, which is set
// for this one.
await chromium.executablePath();
