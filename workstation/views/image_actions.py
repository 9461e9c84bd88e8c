"""The actions of the images place: those of a viewport are answered by the viewport that has the focus.

Single letters are keys here, because a viewport has no text: nothing binds them in the window (`by_widget`).
"""

from __future__ import annotations

from workstation.views.action import Action, Place

IMAGE_ACTIONS: tuple[Action, ...] = (
    Action("images.scroll", "Cuộn qua các lát", Place.IMAGES, "↑↓", "lát", by_widget=True, rank=1),
    Action("images.next", "Lát kế tiếp", Place.IMAGES, "↓", icon="chevron-down", by_widget=True),
    Action("images.previous", "Lát ngay trước", Place.IMAGES, "↑", icon="chevron-up", by_widget=True),
    Action("images.page_down", "Tới mười lát", Place.IMAGES, "PgDn", icon="chevron-down", by_widget=True),
    Action("images.page_up", "Lùi mười lát", Place.IMAGES, "PgUp", icon="chevron-up", by_widget=True),
    Action("images.first", "Lát đầu", Place.IMAGES, "Home", icon="chevron-up", by_widget=True),
    Action("images.last", "Lát cuối", Place.IMAGES, "End", icon="chevron-down", by_widget=True),
    Action("images.select", "Bỏ công cụ", Place.IMAGES, "Esc", "bỏ công cụ", "x", by_widget=True, rank=80),
    Action("images.window", "Cửa sổ: độ rộng và mức xám", Place.IMAGES, "W", "cửa sổ", "contrast",
           "window level sang toi tuong phan", by_widget=True, rank=2),
    Action("images.zoom", "Phóng", Place.IMAGES, "Z", icon="zoom-in", words="phong to thu nho", by_widget=True),
    Action("images.pan", "Kéo ảnh", Place.IMAGES, "P", icon="hand-stop", by_widget=True),
    Action("images.length", "Đo khoảng cách", Place.IMAGES, "D", "đo", "ruler-measure", "do dai chieu dai",
           by_widget=True, rank=3),
    Action("images.angle", "Đo góc", Place.IMAGES, "G", icon="angle", by_widget=True),
    Action("images.cobb", "Đo góc Cobb", Place.IMAGES, "Shift+G", icon="vector-triangle", words="veo cot song",
           by_widget=True),
    Action("images.region", "Đo vùng hình bầu dục", Place.IMAGES, "R", icon="circle-dashed",
           words="roi hounsfield trung binh elip", by_widget=True),
    Action("images.rectangle", "Đo vùng chữ nhật", Place.IMAGES, "Shift+R", icon="square-dashed", words="roi",
           by_widget=True),
    Action("images.freehand", "Đo vùng vẽ tay", Place.IMAGES, "F", icon="lasso", words="roi khoanh", by_widget=True),
    Action("images.magnifier", "Kính lúp", Place.IMAGES, "N", icon="zoom-scan", words="phong dai", by_widget=True),
    Action("images.invert", "Đảo đen trắng", Place.IMAGES, "I", icon="contrast-2", words="am ban", by_widget=True),
    Action("images.turn", "Xoay ảnh một phần tư vòng", Place.IMAGES, "O", icon="rotate-clockwise", by_widget=True),
    Action("images.flip", "Lật ảnh trái phải", Place.IMAGES, "M", icon="flip-horizontal", words="guong",
           by_widget=True),
    Action("images.cine", "Chạy hoặc dừng ảnh động", Place.IMAGES, "C", icon="player-play", words="cine phim",
           by_widget=True),
    Action("images.preset.1", "Cửa sổ đặt sẵn thứ nhất của bộ phận này", Place.IMAGES, "1", icon="contrast",
           words="phoi nhu mo nao", by_widget=True),
    Action("images.preset.2", "Cửa sổ đặt sẵn thứ hai của bộ phận này", Place.IMAGES, "2", icon="contrast",
           words="trung that gan", by_widget=True),
    Action("images.preset.3", "Cửa sổ đặt sẵn thứ ba của bộ phận này", Place.IMAGES, "3", icon="contrast",
           words="xuong", by_widget=True),
    Action("images.full", "Cửa sổ toàn dải: từ điểm tối nhất đến sáng nhất", Place.IMAGES, "9",
           icon="adjustments-horizontal", by_widget=True),
    Action("images.own_window", "Cửa sổ của tệp ảnh", Place.IMAGES, "0", icon="contrast", by_widget=True),
    Action("images.nearer", "Phóng to", Place.IMAGES, "+", icon="zoom-in", by_widget=True),
    Action("images.farther", "Thu nhỏ", Place.IMAGES, "-", icon="zoom-in", by_widget=True),
    Action("images.one_to_one", "Một điểm ảnh trên một điểm màn hình", Place.IMAGES, "X", icon="zoom-scan",
           words="1:1 ty le", by_widget=True),
    Action("images.reset", "Trả ảnh về như khi mở", Place.IMAGES, "T", icon="restore", by_widget=True),
    Action("images.overlays", "Hiện hoặc ẩn lớp phủ của tệp ảnh", Place.IMAGES, "Y", icon="eye", by_widget=True),
    Action("images.next_mark", "Chọn số đo kế tiếp trên lát này", Place.IMAGES, "E", icon="ruler-measure",
           by_widget=True),
    Action("images.delete_mark", "Xóa số đo đang chọn", Place.IMAGES, "Del", icon="trash", by_widget=True),
    Action("images.undo", "Hoàn tác số đo", Place.IMAGES, "Ctrl+Z", icon="arrow-back-up", by_widget=True),
)
