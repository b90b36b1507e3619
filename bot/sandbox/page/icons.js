// The page's own signs, drawn here: what a machine's fonts lack is an empty box. Read out is what stands beside.

const NAMESPACE = "http://www.w3.org/2000/svg";
const LINES = {
  auto: "M10 3a7 7 0 1 0 0 14a7 7 0 1 0 0-14M10 3v14M12.5 3.7v12.6M15 5.2v9.6",
  bolt: "M11 2.5 4.5 11.5h5L8.5 17.5l7-9.5h-5z",
  bubble: "M3 4h14v10H9l-4 3.2V14H3z",
  check: "M4.5 10.5 8 14l7.5-8",
  clip: "M15.5 9.2l-6 6a3.5 3.5 0 0 1-5-5l6.4-6.4a2.4 2.4 0 0 1 3.4 3.4l-6.3 6.3a1.2 1.2 0 0 1-1.7-1.7l5.3-5.3",
  close: "M5 5l10 10M15 5L5 15",
  dot: "M10 8.5a1.5 1.5 0 1 0 0 3a1.5 1.5 0 1 0 0-3",
  dots: "M4 10h.01M10 10h.01M16 10h.01",
  eye: "M2 10s3-5 8-5s8 5 8 5s-3 5-8 5s-8-5-8-5zM10 7.8a2.2 2.2 0 1 0 0 4.4a2.2 2.2 0 1 0 0-4.4",
  lock: "M5 9h10v8H5zM7 9V6.5a3 3 0 0 1 6 0V9",
  menu: "M3 5h14M3 10h14M3 15h14",
  moon: "M16.5 11.8A7 7 0 0 1 8.2 3.5a7 7 0 1 0 8.3 8.3z",
  picture: "M3 4h14v12H3zM3 14l4-4l3 3l3-3l4 4M7 7.5h.01",
  play: "M6.5 4.5v11l9-5.5z",
  question: "M7 7.4a3 3 0 1 1 4.6 2.5c-1 .7-1.6 1.2-1.6 2.4M10 15.6h.01",
  send: "M3 9.5 17 3.5 12.5 17l-3-5.5zM9.5 11.5 17 3.5",
  sheet: "M5 2.5h7l3 3v12H5zM12 2.5v3h3",
  sliders: "M3 6h8M15 6h2M3 14h2M9 14h8M13 4v4M7 12v4",
  sun: "M10 6.5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 1 0 0-7M10 1.8v1.6M10 16.6v1.6M1.8 10h1.6M16.6 10h1.6M4.2 4.2l1.1 1.1M14.7 14.7l1.1 1.1M4.2 15.8l1.1-1.1M14.7 5.3l1.1-1.1",
};

/** A sign of the size of the words around it. */
export function icon(name) {
  const svg = document.createElementNS(NAMESPACE, "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("class", `icon of-${name}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(NAMESPACE, "path");
  path.setAttribute("d", LINES[name]);
  svg.append(path);
  return svg;
}
