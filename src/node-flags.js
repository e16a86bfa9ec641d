/**
 * How Node runs the server. The first collections of the old generation would come every few seconds while a young
 * process grows, and each holds up everything for 10 to 20 ms: none before the heap has 256 MB.
 */
export const serverFlags = ["--initial-old-space-size=256"]
