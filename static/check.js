// A photo of a document's QR code is read here: by the browser, or else by a reader that travels once a photo is
// chosen. The photo leaves the phone in no case.
"use strict";
{
  const MOST = 60000, PDF = 15990000; // bytes of a file; the forms take 64,000 and 16,000,000 with their fields
  const SIDES = [1200, 2400]; // pixels of a photo's longer side: small ones are read faster, and blur less
  const form = document.getElementById("check");
  const { file, number, picture } = form.elements;
  const note = document.getElementById("unread"), reading = document.getElementById("reading");

  const refuse = (given, why) => {
    for (const part of note.children) part.hidden = part.dataset.why !== why;
    note.hidden = false;
    given.value = "";
    number.focus();
  };
  const numbered = (text) => /\/makbuz\/([0-9]{12})(?![0-9])/.exec(text)?.[1];
  // What the browser itself reads; few can, and some of those only other codes.
  const detected = async (picture) => {
    try {
      const codes = await new BarcodeDetector({ formats: ["qr_code"] }).detect(picture);
      return codes.map((one) => numbered(one.rawValue)).find(Boolean);
    } catch {
      return undefined;
    }
  };
  const read = async (photo) => {
    const picture = await createImageBitmap(photo);
    const found = await detected(picture);
    if (found) return found;
    const { default: decode } = await import(form.dataset.reader);
    for (const side of SIDES) {
      const scale = Math.min(1, side / Math.max(picture.width, picture.height));
      const canvas = document.createElement("canvas"), drawn = canvas.getContext("2d");
      canvas.width = picture.width * scale;
      canvas.height = picture.height * scale;
      drawn.drawImage(picture, 0, 0, canvas.width, canvas.height);
      try {
        const text = decode(drawn.getImageData(0, 0, canvas.width, canvas.height), { effort: Infinity, timeLimit: 3000 });
        if (numbered(text)) return numbered(text);
      } catch { // no code is in it
        if (scale === 1) break;
      }
    }
    throw new Error();
  };

  file.addEventListener("change", () => {
    const [given] = file.files;
    note.hidden = true;
    if (given && given.size > (given.type === "application/pdf" || /\.pdf$/i.test(given.name) ? PDF : MOST)) refuse(file, "large");
  });
  picture.addEventListener("change", async () => {
    const [given] = picture.files;
    note.hidden = true;
    if (!given) return;
    reading.hidden = false;
    try {
      number.value = await read(given);
    } catch {
      return refuse(picture, "picture");
    } finally {
      reading.hidden = true;
    }
    picture.value = "";
    form.requestSubmit();
  });
  document.getElementById("photo").hidden = false;
}
