"""Positions by formulas of their own, apart from both programs that are compared."""

from decimal import Decimal, localcontext

import numpy as np

PI = Decimal("3.14159265358979323846264338327950288419716939937510582")


def vectors(lng, lat):
    lng, lat = np.radians(np.fmod(lng, 360.0)), np.radians(lat)
    return np.stack([np.cos(lat) * np.cos(lng), np.cos(lat) * np.sin(lng), np.sin(lat)])


def slanted(case, pixel):
    """Longitude and latitude of SIN and SZP (paper II, equations 42 to 46 and 62) from a quadratic with 50 digits."""
    with localcontext() as context:
        context.prec = 50
        x, y = (Decimal(float(v)) * PI / 180 for v in case.plane(pixel)[case.pair])
        given = [case.parameter(case.lat, m, d) for m, d in ((1, 0.0), (2, 0.0), (3, 90.0))]
        if case.code == "SIN":
            u, v = map(Decimal, given[:2])
        else:
            mu, (phi, theta) = given[0], np.radians(given[1:])
            z = Decimal(mu * np.sin(theta) + 1)
            u, v = Decimal(-mu * np.cos(theta) * np.sin(phi)), Decimal(mu * np.cos(theta) * np.cos(phi))
            u, v = (x - u) / z, (y - v) / z
        a, b, c = u * u + v * v + 1, u * (x - u) + v * (y - v), (x - u) ** 2 + (y - v) ** 2 - 1
        root = b * b - a * c
        if root < 0:
            return np.full(2, np.nan)
        sine = (-b + root.sqrt()) / a
        native = [float(-(y - v * (1 - sine))), float(x - u * (1 - sine)), float(sine)]
    return rotated(native, *pole(case), case.facts["pole"][0])


def pole(case):
    """Celestial longitude and latitude of the native pole (paper II, equations 9 and 10), LATPOLE being what it resolves to."""
    lng, lat = case.facts["crval"][case.pair]
    lonpole, latpole = case.facts["pole"]
    phi, theta, lonpole, lat0, height = np.radians([*(case.parameter(case.lng, m, d) for m, d in ((1, 0.0), (2, 90.0))), lonpole, lat, latpole])
    if abs(np.cos(height) * np.cos(lat0)) < 1e-10 or case.parameter(case.lng, 2, 90.0) == 90:
        return lng, lat
    north = (np.sin(theta) - np.sin(height) * np.sin(lat0)) / np.cos(height)
    return lng - np.degrees(np.arctan2(np.sin(lonpole - phi) * np.cos(theta), north)), latpole


def rotated(native, lng, lat, lonpole):
    """Celestial longitude and latitude of a native vector whose pole lies at (lng, lat)."""
    (sp, sl), (cp, cl) = np.sin(np.radians([lonpole, lat])), np.cos(np.radians([lonpole, lat]))
    x, y, z = native
    along, across = cp * x + sp * y, sp * x - cp * y
    east, north = across, cl * z - sl * along
    return np.array([lng + np.degrees(np.arctan2(east, north)), np.degrees(np.arctan2(sl * z + cl * along, np.hypot(east, north)))])


def solution(h, pixel):
    """The plate solution of a complete set of keywords (Lasker et al. 1990)."""
    x = (h["PPO3"] - h["XPIXELSZ"] * (h["CNPIX1"] + pixel[0] + 0.5)) / 1000
    y = (h["YPIXELSZ"] * (h["CNPIX2"] + pixel[1] + 0.5) - h["PPO6"]) / 1000

    def polynomial(axis, x, y):
        r = x * x + y * y
        terms = [x, y, 1, x * x, x * y, y * y, r, x**3, x * x * y, x * y * y, y**3, x * r, x * r * r]
        return np.radians(np.dot([h[f"AMD{axis}{i}"] for i in range(1, 14)], terms) / 3600)

    xi, eta = polynomial("X", x, y), polynomial("Y", y, x)
    ra = 15 * (h["PLTRAH"] + h["PLTRAM"] / 60 + h["PLTRAS"] / 3600)
    dec = h["PLTDECD"] + h["PLTDECM"] / 60 + h["PLTDECS"] / 3600
    dec = np.radians(-dec if h["PLTDECSN"].strip() == "-" else dec)
    down = np.cos(dec) - eta * np.sin(dec)
    lat = np.arctan2(np.sin(dec) + eta * np.cos(dec), np.hypot(xi, down))
    return ra + np.degrees(np.arctan2(xi, down)), np.degrees(lat)
