import type { MultipartFile } from "@fastify/multipart"
import type { FastifyRequest } from "fastify"
import { invalid, problem } from "../problem.ts"

/** What a multipart body may be longer than its file: borders and headers. */
export const formBytesMax = 4_096

/** The one part called `file` of a multipart body; its bytes come while they are read, and end at the limit. */
export async function filePart(request: FastifyRequest, limitBytes: number): Promise<MultipartFile> {
  if (!request.isMultipart())
    throw problem("type_not_supported", {}, "Send multipart/form-data with one part called file.")
  const part = await request.file({ limits: { fileSize: limitBytes, files: 1 }, throwFileSizeLimit: false })
  if (part?.fieldname !== "file")
    throw invalid({ pointer: "#/file", code: "required", detail: "Send one part called file." })
  return part
}

/** After its bytes were read: whether they were all. */
export function refuseTruncated(part: MultipartFile, limitBytes: number): void {
  if (part.file.truncated) throw problem("too_large", { limitBytes })
}
