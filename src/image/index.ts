/** Memory images of real machines: what may be given, opened, measured, read. */
export { ImageError } from "./image-error.ts";
export { type ListedImages, listImages } from "./list.ts";
export {
  type Image,
  type ImageForm,
  type ImageOptions,
  measureImage,
  openImage,
  PAGE_BYTES,
  readImage,
} from "./open.ts";
